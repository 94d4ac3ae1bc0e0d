"""この道具のコードと、結果を決める道具の版。"""

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from mynalib.history.files import sha256, sha256_of

# 成果物のバイトを変えうるものだけ。ほかの部品を新しくしても、公開した月は「変わった」ことにならない
LIBRARIES = (
    "duckdb",
    "ipython",
    "jinja2",
    "nbconvert",
    "pandas",
    "papermill",
    "plotly",
    "xlsxwriter",
)
CODE = ("*.py", "*.sql", "*.j2", "*.js", "*.css", "*.json", "*.yaml")


@cache
def code_hash() -> str:
    """この道具の全てのコードと型紙のハッシュ。"""
    root = Path(str(files("mynalib")))
    paths = [
        path for pattern in CODE for path in root.rglob(pattern) if "__pycache__" not in path.parts
    ]
    return sha256_of({path.relative_to(root).as_posix(): sha256(path) for path in paths})


@cache
def library_versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}
