"""測られるプロセス：python publishing_job.py ours|floor|dashboards …"""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

WORKERS = 2


def ours(jobs: str) -> None:
    """この道具で、カプセルからページまで。"""
    from mynalib.jobs.batch import run_jobs
    from mynalib.jobs.running import Running

    records = run_jobs(pickle.loads(Path(jobs).read_bytes()), Running(WORKERS))
    failed = {name: record for name, record in records.items() if "error" in record}
    if failed:
        raise SystemExit(str(next(iter(failed.items()))))


def floor(jobs: str, part: str, into: str) -> None:
    """下限：同じセルを、ただの関数の呼び出しとして、一つのプロセスで続けて動かす。"""
    import nbformat

    from mynalib.insight import display
    from mynalib.insight.capsule import Capsule
    from mynalib.jobs.pages import write_page

    shown = []
    # IPython の外では出力を受け取れないので、ここでだけ、受け取る先を差し替える
    display.publish_display_data = lambda data, metadata: shown.append(
        nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    )
    mine = pickle.loads(Path(jobs).read_bytes())[int(part) :: WORKERS]
    cells = nbformat.read(mine[0].notebook, 4).cells
    codes = [
        compile(cell.source, cell.id, "exec") if cell.cell_type == "code" else None
        for cell in cells
    ]
    for job in mine:
        os.environ["MYNA_CAPSULE"] = str(job.folder / "capsule")
        names, done = {}, []
        for cell, code in zip(cells, codes, strict=True):
            shown.clear()
            if code:
                exec(code, names)
                names |= job.parameters if "parameters" in cell.metadata.get("tags", []) else {}
            done.append(nbformat.from_dict(cell | ({"outputs": list(shown)} if code else {})))
        target = Path(into) / job.name / Path(job.page).name
        write_page(
            nbformat.v4.new_notebook(cells=done),
            Capsule.read(job.folder / "capsule"),
            job.title,
            target,
            job.links,
        )


def dashboards(home: str, month: str) -> None:
    """全ての事業所の登録状況：カプセルを作り、動かし、ページまで。リストと組合の資料は作らない。"""
    from mynalib.capsules.opened import employers_of
    from mynalib.capsules.publication import open_publication
    from mynalib.domain.months import Month
    from mynalib.domain.params import load_params
    from mynalib.history.home import Home
    from mynalib.jobs.batch import run_jobs
    from mynalib.jobs.plan import plan_jobs
    from mynalib.jobs.running import Running

    place = Home(Path(home))
    publication = open_publication(place, load_params(place.params), Month.parse(month))
    room = place.drafts / "benchmark"
    jobs = plan_jobs(
        publication, employers_of(publication.opened), room, society=False, lists=False
    )
    records = run_jobs(jobs, Running(WORKERS))
    print(json.dumps({"reports": sum("error" not in record for record in records.values())}))
    shutil.rmtree(room)


if __name__ == "__main__":
    {"ours": ours, "floor": floor, "dashboards": dashboards}[sys.argv[1]](*sys.argv[2:])
