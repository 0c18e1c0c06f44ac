"""The agents' door: the Model Context Protocol over HTTP (`/mcp`) and over standard input and output.

A tool is a short view of one of the API's own routes, called in process: what a route refuses, the tool refuses in the
same words. Must not know statistics, SQL or the rules of any route.
"""
