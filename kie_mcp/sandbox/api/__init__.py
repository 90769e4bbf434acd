"""The sandbox's side of HTTP: routes, answers, uploads, callbacks."""
