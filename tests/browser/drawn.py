"""What axe leaves out in drawings: words that are pale, and links too small to press.

axe 4.12.1 and 4.14.1 judge the contrast of no drawn word, and the size of no drawn link
(`findings/axe-core-leaves-drawn-controls-out.sh`).
"""

PALE = """() => {
  const channels = (color) => color.match(/[0-9.]+/g)?.map(Number) ?? [0, 0, 0, 0];
  const linear = (each) => each < 11 ? each / 3294.6 : ((each / 255 + .055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) =>
    .2126 * linear(red) + .7152 * linear(green) + .0722 * linear(blue);
  const ratio = (...colors) => {
    const [dark, light] = colors.map(channels).map(luminance).sort((one, other) => one - other);
    return (light + .05) / (dark + .05);
  };
  const paint = (each) => getComputedStyle(each)[each.ownerSVGElement ? "fill" : "backgroundColor"];
  const covers = (each) => paint(each) !== "none" && channels(paint(each))[3] !== 0;
  const behind = (text) => {
    const { paintOrder, stroke } = getComputedStyle(text);
    if (paintOrder.startsWith("stroke") && stroke !== "none") return stroke;
    text.scrollIntoView({ block: "center", inline: "center" });
    const { left, top, width, height } = text.getBoundingClientRect();
    const here = document.elementsFromPoint(left + width / 2, top + height / 2);
    return paint(here.slice(here.indexOf(text) + 1).find(covers) ?? document.body);
  };
  return [...document.querySelectorAll("svg text")]
    .filter((each) => each.textContent.trim() && each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [each.textContent.trim(), ratio(paint(each), behind(each))])
    .filter(([, found]) => found < 4.5)
    .map(([words, found]) =>
      `${location}, drawn words with a contrast of ${found.toFixed(1)}: ${words}`);
}"""
"""Words in a drawing, by what is painted behind their middle: 4.5 is the least (WCAG 1.4.3)."""

SMALL = """() => {
  const middle = (link) => {
    const box = link.firstElementChild.getBoundingClientRect();
    const line = [...link.querySelectorAll("path")]
      .find((each) => getComputedStyle(each).pointerEvents === "stroke");
    if (!line) return [box.x + box.width / 2, box.y + box.height / 2];
    const { x, y } = line.getPointAtLength(line.getTotalLength() / 3)
      .matrixTransform(line.getScreenCTM());
    return [x, y];
  };
  const small = (link) => {
    link.scrollIntoView({ block: "center", inline: "center" });
    const [x, y] = middle(link);
    return [[-11, 0], [11, 0], [0, -11], [0, 11]]
      .some(([right, down]) => !link.contains(document.elementFromPoint(x + right, y + down)));
  };
  return [...document.querySelectorAll("svg a")].filter(small)
    .map((each) => `${location}, ${innerWidth} wide, a small drawn link: ${each.ariaLabel}`);
}"""
"""Links in a drawing that are not pressed all around their middle: at least 24 px (WCAG 2.5.8).

Of a line that its stroke makes wide it is a third of the way, away from what it joins; of others it
is that of what is drawn first.
"""
