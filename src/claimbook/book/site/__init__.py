"""The Sphinx extension: what the engine adds to the compiled pages."""
