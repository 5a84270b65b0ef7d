"""
The bridge between the program and a model in PyTorch: `python -m thermograd.bridge train.py:make --fds 3,4` answers over two pipes.

The program starts it; docs/reference/bridge-protocol.md says what crosses.
"""
