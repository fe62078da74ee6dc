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

const both = (name, strength) => ({ [`${name}Left`]: strength, [`${name}Right`]: strength });

export const PRESETS = {
  Neutral: {},
  Smile: {
    ...both("mouthSmile", 0.75),
    ...both("cheekSquint", 0.55),
    ...both("eyeSquint", 0.25),
    ...both("mouthUpperUp", 0.22),
    ...both("mouthLowerDown", 0.1),
  },
  Laugh: {
    ...both("mouthSmile", 0.9),
    ...both("cheekSquint", 0.8),
    ...both("eyeSquint", 0.5),
    jawOpen: 0.32,
    ...both("mouthUpperUp", 0.35),
    ...both("browInnerUp", 0.2),
  },
  Surprise: {
    ...both("browInnerUp", 0.9),
    ...both("browOuterUp", 0.8),
    ...both("eyeWide", 0.8),
    jawOpen: 0.45,
    mouthFunnel: 0.25,
  },
  Sad: {
    ...both("browInnerUp", 0.8),
    ...both("mouthFrown", 0.75),
    ...both("eyeSquint", 0.2),
    mouthShrugLower: 0.4,
  },
  Angry: {
    ...both("browDown", 0.95),
    ...both("noseSneer", 0.5),
    ...both("eyeSquint", 0.5),
    ...both("mouthPress", 0.5),
    ...both("mouthFrown", 0.3),
  },
  Kiss: { mouthPucker: 0.95, ...both("eyeSquint", 0.15), ...both("cheekSquint", 0.1) },
  Wink: {
    eyeBlinkLeft: 1,
    cheekSquintLeft: 0.7,
    mouthSmileLeft: 0.6,
    mouthSmileRight: 0.35,
    browDownLeft: 0.25,
  },
};

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
