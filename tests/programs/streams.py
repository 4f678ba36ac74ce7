"""Standard input to the end, both outputs, arguments, variables, and the exit code."""
import os
import sys

lines = sys.stdin.read().split("\n")
print(len(lines), lines[0], lines[-1])
print(sys.argv[1:], os.environ["COLOUR"], "PATH" in os.environ)
print("to stderr", file=sys.stderr)
sys.stdout.write("no newline at the end")
sys.exit(37)
#< first\n\nlast
#! args a 'b c' --time
#! env COLOUR=blue
#! exit 37
#! stderr to stderr
#> 3 first last
#> ['a', 'b c', '--time'] blue False
#> no newline at the end
