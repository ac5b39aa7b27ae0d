"""Others on the same work: the same clip, the same machine, in turn, in one run. Not installed; see README.md beside."""
