"""`make bench`: how fast is the console, on this machine, beside the plainest way of doing the same?

Figures drift with the machine's mood, so nothing is quoted alone: a reference runs in the same minute, and the ratio
is what counts. Everything listens on loopback or Unix sockets and ends with the run.
"""
