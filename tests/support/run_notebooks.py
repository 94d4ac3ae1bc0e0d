"""試験の道具：ノートブックを、頼まれたエンジンで、一冊ずつ fork したプロセスの中で実行する。

`run_notebooks.py 頼み.json`。頼みの一つは source、target、engine（null なら普通のエンジン）、options、environment。
送出されたものの名は target.raised に、画面に出たものは target.log に書く。
"""

# ruff: noqa: E402 読みこむものを、読みこみの前に決める
import json
import os
import sys
from pathlib import Path

from mynalib.startup import leave_out_iri_grammar

leave_out_iri_grammar()

import papermill

AT_ONCE = 4
HANGS = 600  # 秒。忙しい機械では、カーネルが起きるのに、ふつうの一分より長くかかる


def run(source: str, target: str, engine: str | None, options: dict, environment: dict) -> None:
    log = os.open(f"{target}.log", os.O_WRONLY | os.O_CREAT)
    for number in (1, 2):
        os.dup2(log, number)
    # これがあると、普通のカーネルは記述子への書きこみを見ない
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    os.environ.update(environment)
    folder = Path(target).with_suffix("")
    folder.mkdir()
    os.chdir(folder)
    raised, given = (
        "",
        {"engine_name": engine, "progress_bar": False, "start_timeout": HANGS, **options},
    )
    try:
        papermill.execute_notebook(source, target, **given)
    except BaseException as error:
        raised = type(error).__name__
    Path(f"{target}.raised").write_text(raised, encoding="utf-8")


running = 0
for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    if running == AT_ONCE:
        os.wait()
        running -= 1
    running += 1
    if os.fork() == 0:
        try:
            run(**job)
        finally:
            sys.stdout.flush()
            os._exit(0)
while running:
    os.wait()
    running -= 1
