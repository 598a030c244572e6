"""A small file as a newcomer writes it, up to where something is missing: lines do not come again in it, names do."""

SHAPE = """class Shape:
    def area(self):
        return self.width_of_shape * self.height_of_shape

    def circumference(self):
        return 2 * (self.width_of_shape + self.height_of_shape)

    def diagonal(self):
        return (self.width_of_shape ** 2 + self.height_of_shape ** 2) ** 0.5

    def describe(self):
        return """
