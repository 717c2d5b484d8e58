"""Being a satellite: ear and mouth, in this room, of a Paige or a Home Assistant elsewhere in the house."""
