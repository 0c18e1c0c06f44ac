"""The page: what a marketer opens in a browser. Its files and how they are sent; must not know a route's answer.

Everything in `static/` is sent as it stands there, less its comments: no build step, so nothing is stale or missing.
"""
