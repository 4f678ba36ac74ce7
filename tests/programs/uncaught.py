"""An exception that nobody catches: a traceback on stderr, and exit code 1."""
print("before")
{}["key"]
#! exit 1
#! stderr KeyError: 'key'
#> before
