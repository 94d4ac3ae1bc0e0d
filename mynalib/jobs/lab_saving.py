"""JupyterLab が保存するノートブックを、コードと文だけにする：結果（人の行がありうる）も、選んだ値も、ファイルに残さない。

JupyterLab のサーバー（lab.py）が、保存の前に呼ぶ。動かして保存しても、書きかえなければ、ファイルは一字も変わらない。
"""

from typing import Any

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def keep_only_code(model: dict[str, Any], **_: object) -> None:
    """Jupyter の pre_save_hook。model はその場で書きかえる。ノートブックでないものは、そのまま。"""
    if model["type"] != "notebook" or not model.get("content"):
        return
    content = model["content"]
    about = content["metadata"]
    about.pop("widgets", None)
    if about.get("kernelspec", {}).get("name") == KERNEL["name"]:
        about["kernelspec"] = dict(KERNEL)
        about["language_info"] = {"name": "python"}
    for cell in content["cells"]:
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
        cell.pop("attachments", None)
