"""カプセル、ノートブックの実行、ページとリスト、点検、公開、ポータル。率は計算しない。"""

import sys

# jsonschema は、あれば IRI の文法も読みこむ。それだけで二秒かかるが、ノートブックの形に IRI はない
sys.modules.setdefault("rfc3987_syntax", None)
