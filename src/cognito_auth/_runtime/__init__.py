"""How a coroutine meets the world: an operation asks its runtime for sockets, clocks, randomness and waiting.

``operation.py`` gives one definition two faces; ``runtime.py`` has the protocol and its two answers; ``http.py``
is the only module that knows httpx and httpx2; ``retry.py`` decides what is sent again; ``flight.py`` lets any
number of callers share one exchange.
"""
