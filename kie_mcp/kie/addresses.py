"""The addresses of Kie.ai."""

API = "https://api.kie.ai"
UPLOADS = "https://kieai.redpandaai.co"
