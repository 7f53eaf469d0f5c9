"""Values encrypted under the key of the person they are about, so that shredding one key forgets one person."""
