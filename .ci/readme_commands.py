"""Prints the commands of a Markdown file's `sh` blocks, but not of those below `<!-- long -->`."""

import pathlib
import re
import sys

text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"(<!-- long -->\n)?^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
print("".join(block for long, block in blocks if not long))
