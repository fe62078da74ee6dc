"""Importing this module imports TensorFlow without its lines, in a process that is forked later.

It looks for no devices: what that starts does not survive a fork.
"""

import command_line

command_line.import_tensorflow(find_devices=False)
