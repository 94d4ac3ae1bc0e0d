"""試験の道具：組合の置き場所に、セルを足したノートブックを置く。"""

import nbformat

from mynalib.capsules.catalogue import notebook_path
from mynalib.history.home import Home


def sabotage(home: Home, notebook: str, *cells: str) -> None:
    """組合の置き場所のノートブックの、最後の手前にセルを足す。"""
    nb = nbformat.read(notebook_path(notebook), as_version=4)
    for at, code in enumerate(cells):
        nb.cells.insert(len(nb.cells) - 1, nbformat.v4.new_code_cell(code, id=f"sabotage{at}"))
    home.notebooks.mkdir(exist_ok=True)
    nbformat.write(nb, home.notebooks / f"{notebook}.ipynb")
