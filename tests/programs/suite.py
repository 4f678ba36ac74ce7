"""unittest, and some of the standard library's less used corners, as a suite of its own."""
import ast
import collections
import copy
import heapq
import io
import math
import pickle
import statistics
import string
import sys
import textwrap
import unittest


class Corners(unittest.TestCase):
    def test_math(self):
        self.assertAlmostEqual(math.gamma(5), 24)
        self.assertTrue(math.isnan(float("nan")) and math.copysign(1, -0.0) == -1)
        self.assertEqual(math.isqrt(10**40), 10**20)
        self.assertEqual([round(x) for x in (0.5, 1.5, 2.5)], [0, 2, 2])

    def test_pickle(self):
        data = {"a": [1, (2, 3)], "b": collections.OrderedDict(x=1)}
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.assertEqual(pickle.loads(pickle.dumps(data, protocol)), data)

    def test_copies(self):
        a = [[1], {2: [3]}]
        b = copy.deepcopy(a)
        b[1][2].append(4)
        self.assertEqual(a, [[1], {2: [3]}])

    def test_ast(self):
        tree = ast.parse("x = [i ** 2 for i in range(10) if i % 2]")
        space = {}
        exec(compile(tree, "<made>", "exec"), space)
        self.assertEqual(space["x"], [1, 9, 25, 49, 81])

    def test_heap(self):
        self.assertEqual(list(heapq.merge([1, 4], [2, 3])), [1, 2, 3, 4])

    def test_text(self):
        self.assertEqual(textwrap.fill("a b c d", 3), "a b\nc d")
        self.assertEqual(string.Template("$a-$b").substitute(a=1, b=2), "1-2")
        self.assertEqual("Straße".casefold(), "strasse")

    def test_statistics(self):
        self.assertEqual(statistics.fmean([1, 2, 3, 4]), 2.5)

    def test_no_threads(self):
        import threading
        with self.assertRaises(RuntimeError):
            threading.Thread(target=print).start()

    @unittest.expectedFailure
    def test_expected_failure(self):
        self.assertEqual(1, 2)


stream = io.StringIO()
corners = unittest.defaultTestLoader.loadTestsFromTestCase(Corners)
result = unittest.TextTestRunner(stream=stream).run(corners)
print(result.testsRun, len(result.failures), len(result.errors), len(result.expectedFailures))
if not result.wasSuccessful():
    sys.exit(stream.getvalue())
#> 9 0 0 1
