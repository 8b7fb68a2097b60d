"""What any adapter must satisfy, ours or an agency's, and the means to prove it.

From the command line: `weighbridge adapter check`. In a test file of one's own:

    from producers.conformance.suite import conformance_tests
    TestConformance = conformance_tests(MyAdapter, samples=Path(__file__).parent / "samples")
"""
