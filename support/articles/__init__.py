"""Short answers to what people ask often. Texts go through the catalogues of translations like every other."""
