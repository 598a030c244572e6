/** The languages of the picker, and a first text for each. Ids are the protocol's; `monaco` is the editor's where it differs. */

export interface Sample {
  id: string;
  monaco?: string;
  label: string;
  extension: string;
  /** The cursor begins at its end. */
  text: string;
}

export const SAMPLES: readonly Sample[] = [
  { id: "python", label: "Python", extension: "py", text: 'class Basket:\n    """What a customer is about to buy."""\n\n    def __init__(self):\n        self.prices = []\n\n    def add(self, price):\n        self.prices.append(price)\n\n    def remove(self, price):\n        self.prices.' },
  { id: "typescript", label: "TypeScript", extension: "ts", text: "export class Basket {\n  private prices: number[] = [];\n\n  add(price: number): void {\n    this.prices.push(price);\n  }\n\n  total(): number {\n    return this." },
  { id: "javascript", label: "JavaScript", extension: "js", text: "export function total(prices) {\n  let sum = 0;\n  for (const price of prices) {\n    " },
  { id: "go", label: "Go", extension: "go", text: "package basket\n\nfunc Total(prices []int) int {\n\tsum := 0\n\tfor _, price := range prices {\n\t\t" },
  { id: "rust", label: "Rust", extension: "rs", text: "pub fn total(prices: &[u32]) -> u32 {\n    let mut sum = 0;\n    for price in prices {\n        " },
  { id: "java", label: "Java", extension: "java", text: "class Basket {\n    static int total(int[] prices) {\n        int sum = 0;\n        for (int price : prices) {\n            " },
  { id: "cpp", label: "C and C++", extension: "cpp", text: "#include <vector>\n\nint total(const std::vector<int>& prices) {\n    int sum = 0;\n    for (int price : prices) {\n        " },
  { id: "csharp", label: "C#", extension: "cs", text: "static class Basket\n{\n    static int Total(int[] prices)\n    {\n        var sum = 0;\n        foreach (var price in prices)\n            " },
  { id: "php", label: "PHP", extension: "php", text: "<?php\nfunction total(array $prices): int {\n    $sum = 0;\n    foreach ($prices as $price) {\n        " },
  { id: "ruby", label: "Ruby", extension: "rb", text: "def total(prices)\n  sum = 0\n  prices.each do |price|\n    " },
  { id: "kotlin", label: "Kotlin", extension: "kt", text: "fun total(prices: List<Int>): Int {\n    var sum = 0\n    for (price in prices) {\n        " },
  { id: "swift", label: "Swift", extension: "swift", text: "func total(_ prices: [Int]) -> Int {\n    var sum = 0\n    for price in prices {\n        " },
  { id: "lua", label: "Lua", extension: "lua", text: "local function total(prices)\n  local sum = 0\n  for _, price in ipairs(prices) do\n    " },
  { id: "shellscript", monaco: "shell", label: "Shell", extension: "sh", text: "#!/bin/sh\nsum=0\nfor price in \"$@\"; do\n    " },
  { id: "sql", label: "SQL", extension: "sql", text: "SELECT customer, SUM(price) AS total\nFROM baskets\n" },
  { id: "html", label: "HTML", extension: "html", text: "<ul>\n  <li>Apples</li>\n  " },
  { id: "css", label: "CSS", extension: "css", text: ".basket {\n  display: flex;\n  " },
  { id: "yaml", label: "YAML", extension: "yaml", text: "services:\n  web:\n    image: nginx\n    " },
];

/** Return a language by its id; one that is not known is shown without colours. */
export function languageOf(id: string): Sample {
  return SAMPLES.find((it) => it.id === id) ?? { id, monaco: "plaintext", label: id, extension: "txt", text: "" };
}
