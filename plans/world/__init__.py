"""Where in the world what we sell works: the page of all countries, with its search and its picture, and the page of each."""
