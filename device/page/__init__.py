"""The page of the service, for browsers in the house."""
