"""試験の道具：組合の置き場所に、一つのセルを足したノートブックを置く。"""

import nbformat

from mynalib.capsules.catalogue import notebook_path
from mynalib.history.home import Home


def sabotage(home: Home, notebook: str, code: str) -> None:
    """組合の置き場所のノートブックの、最後の手前に一つのセルを足す。"""
    nb = nbformat.read(notebook_path(notebook), as_version=4)
    nb.cells.insert(len(nb.cells) - 1, nbformat.v4.new_code_cell(code, id="sabotage"))
    home.notebooks.mkdir(exist_ok=True)
    nbformat.write(nb, home.notebooks / f"{notebook}.ipynb")
