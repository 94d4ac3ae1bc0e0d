"""試験の道具：途中で止められる仕事。分かれたプロセスの一つずつが、folder に自分の番号を残す。"""

import os
import time
from pathlib import Path


def sleep_a_little(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(0.2)
