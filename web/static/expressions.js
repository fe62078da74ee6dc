// How expressions are grouped into sliders, and what the buttons above them set.

const GROUPS = [
  ["Brows", /^brow/],
  ["Eyes", /^eye/],
  ["Mouth", /^(mouth|tongue)/],
  ["Jaw", /^jaw/],
  ["Cheeks and nose", /^(cheek|nose)/],
];
// These go to a side: their left and right are no two halves of one expression.
const ONE_SIDED = /^(mouth|jaw)(Left|Right)$/;

// By their titles: strengths by name, as the shell knows them too (--expression of reconstruct.py).
export const PRESETS = await (await fetch("/presets.json")).json();

// Makes [title, [{ label, names }]]: one slider for both halves, or one for each.
export function sliderGroups(names, apart) {
  const known = new Set(names);
  const groups = GROUPS.map(([title, pattern]) => [
    title,
    sliders(
      names.filter((name) => pattern.test(name)),
      known,
      apart,
    ),
  ]);
  return groups.filter(([, rows]) => rows.length);
}

function sliders(names, known, apart) {
  const rows = [];
  for (const name of names) {
    // A whole that is there in halves as well is what both halves do.
    if (known.has(`${name}Left`)) continue;
    const stem = name.replace(/(Left|Right)$/, "");
    const paired = stem !== name && !ONE_SIDED.test(name) && !apart;
    if (paired && name.endsWith("Right") && known.has(`${stem}Left`)) continue;
    rows.push(
      paired
        ? { label: words(stem), names: [`${stem}Left`, `${stem}Right`] }
        : { label: words(name), names: [name] },
    );
  }
  return rows;
}

// "mouthSmileLeft" is read as "Smile left": the group says the rest.
function words(name) {
  const text = name
    .replace(/^(brow|eye|mouth|jaw|cheek|nose)/, "")
    .replace(/([A-Z])/g, " $1")
    .trim()
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
