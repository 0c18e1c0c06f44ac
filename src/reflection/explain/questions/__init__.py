"""Questions and their answers, cited sentence by sentence. Must not know stores or HTTP."""
