"""通信のないカーネル：このプロセスの中で動き、知らせを送らずに並べておく。

公にされていない入口を使う。確かめた版は private_doors.py にある。
"""

import logging
import threading
from types import SimpleNamespace

from ipykernel.ipkernel import IPythonKernel, comm
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets import Any, List
from traitlets.config import Config


class Wire(Session):
    """カーネルの通信の代わり。送るはずの知らせを、並べておく。"""

    waiting = List()

    def send(
        self, stream, msg_or_type, content=None, parent=None, ident=None, buffers=None, **_: object
    ) -> dict:
        message = (
            msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content, parent)
        )
        # 一度、字にして戻す。普通のカーネルを通ったのと同じ形（組は並びに、鍵は文字に）になる
        message["content"] = self.unpack(self.pack(message["content"]))
        message["buffers"] = buffers or []
        self.waiting.append(message)
        return message

    def take(self) -> list[dict]:
        messages = self.waiting
        self.waiting = []
        return messages


class Kernel(IPythonKernel):
    """通信のないカーネル。"""

    debugger_class = Any()  # 名のままだと、使わなくてもデバッガーを読みこむ（報告ごとに 0.1 秒）

    def __init__(self, session: Wire):
        config = Config({"HistoryManager": {"hist_file": ":memory:"}})
        # カーネルは、失敗の traceback を記録に書く
        silent = logging.Logger("kernel", logging.CRITICAL)
        # IPythonKernel の __init__ は、デバッガーや、通信の口を求める。その親（KernelBase）から始め、要るものだけを下で作る
        super(IPythonKernel, self).__init__(session=session, config=config, log=silent)
        self.shell = self.shell_class.instance(
            parent=self, user_ns={}, kernel=self, compiler_class=self.compiler_class
        )
        for sender in (self.shell.displayhook, self.shell.display_pub):
            sender.session = session
            sender.pub_socket = None
        self.shell.displayhook.topic = b"execute_result"
        self.shell.configurables.append(comm.get_comm_manager())
        # do_execute は、セルがメインのスレッドで動くかを、ここに尋ねる（割りこみを受けるため）
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())

    async def run(self, source: str) -> dict:
        self.io_loop = IOLoop.current()
        self.session.send(None, "status", {"execution_state": "busy"})
        self.session.send(
            None, "execute_input", {"code": source, "execution_count": self.execution_count}
        )
        return await self.do_execute(source, silent=False, store_history=True)
