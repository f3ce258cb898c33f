"""The figures of the web server, each with its reason."""

HEADER_LIMIT_BYTES = 32 * 1024  # browsers with many cookies stay under 16 KiB
BODY_MARGIN_BYTES = 64 * 1024  # above the door's own limit, so that the door words the refusal
CHUNK_LINE_LIMIT_BYTES = 256  # "<hex size>;<extension>": nobody needs more
TRAILER_LIMIT_BYTES = 4 * 1024

REQUEST_SECONDS = 5.0  # from the first byte of a request to its last; also the wait for the first byte of a connection
IDLE_SECONDS = 65  # a kept-alive connection between two requests; above the 60 s of usual proxies
QUEUE_SECONDS = 4.0  # a whole request that waited longer for a thread is answered 503: no answer takes over 5 s
SWEEP_SECONDS = 0.25  # how often slow connections are looked for
DRAIN_SECONDS = 10.0  # a stopping process finishes what it has, this long at most

CONNECTION_LIMIT = 4000  # for each process; a slow sender holds a file descriptor, not a thread
FILE_DESCRIPTORS = 8192  # wanted; what the system allows is taken
BACKLOG = 1024
