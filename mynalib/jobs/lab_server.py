"""JupyterLab のサーバーのプロセス。頼んだプロセス（myna lab）が消えれば（kill -9 でも）、いっしょに終わる。"""

import logging
import os
import signal
import sys
from threading import Thread

from mynalib.startup import leave_out_current_folder, leave_out_iri_grammar


def serve() -> None:
    """引数のとおりに動かす。標準入力（頼んだプロセスとつながっている）が閉じたら終わる。"""
    leave_out_current_folder()
    leave_out_iri_grammar()  # カーネルは、別のプロセス
    Thread(target=_end_with_parent, daemon=True).start()
    from jupyterlab.labapp import main

    main(sys.argv[1:])


def _end_with_parent() -> None:
    os.read(0, 1)
    logging.disable()  # 「止められた」と騒がない
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve()
