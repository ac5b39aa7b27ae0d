"""The watch room in a browser: pages and an interface for programs, read from a store. Nothing that is asked here changes anything."""
