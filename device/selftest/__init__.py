"""A spoken test of Paige with itself: sound in, a lamp that is not there on, a reply out."""
