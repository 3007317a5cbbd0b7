"""Three synthetic hospitals through the whole story."""
