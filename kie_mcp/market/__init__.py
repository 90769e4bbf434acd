"""All models of Kie.ai: the list, search, each model's input schema and price."""
