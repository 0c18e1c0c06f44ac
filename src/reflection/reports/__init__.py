"""Reports to hand on: one self-contained file as HTML, PDF, Markdown or JSON.

Made from stored answers and what was learnt; computes nothing that was not said before. Must not know stores or HTTP.
"""
