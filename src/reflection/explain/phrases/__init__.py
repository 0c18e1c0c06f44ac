"""The words of our sentences, one language a file. Must not know figures or evidence."""
