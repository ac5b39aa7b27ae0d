"""How a watch is doing, for whoever runs it: metrics, live and ready, a word to systemd."""
