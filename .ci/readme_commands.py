"""Prints the commands of a Markdown file's `sh` blocks, those that begin with "# long" excepted."""

import pathlib
import re
import sys

text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
print("".join(block for block in blocks if not block.startswith("# long")))
