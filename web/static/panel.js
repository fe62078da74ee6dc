// The panel on the right: sliders for expressions, shape, color and light.
import { addNote, addSlider, addSwitch, addTitle, makeButton } from "./controls.js";
import { PRESETS, sliderGroups } from "./expressions.js";
import { stopPerforming } from "./performance.js";
import { $, LIGHT, redraw, setStrengths, state, viewer } from "./studio.js";

const SHAPE_SLIDERS = 10;
const COLOR_SLIDERS = 8;
const TABS = { Expression: showExpressions, Shape: showShape, Color: showColor, Light: showLight };

export function showTab(tab) {
  state.tab = tab;
  $("tabs").replaceChildren(
    ...Object.keys(TABS).map((title) => {
      const button = makeButton(title, () => showTab(title));
      button.setAttribute("aria-selected", title === tab);
      button.setAttribute("role", "tab");
      return button;
    }),
  );
  $("presets").replaceChildren();
  $("sliders").replaceChildren();
  TABS[tab]();
}

function showExpressions() {
  if (!state.names.length) return addNote("This face model has no expressions with names.");
  $("presets").replaceChildren(
    ...Object.keys(PRESETS).map((title) =>
      makeButton(title, () => {
        stopPerforming();
        setStrengths({ ...PRESETS[title] });
        showTab("Expression");
      }),
    ),
  );
  for (const [title, rows] of sliderGroups(state.names, state.apart)) {
    addTitle(title);
    for (const row of rows) {
      addSlider(
        row.label,
        0,
        1,
        state.strengths[row.names[0]] ?? 0,
        row.names.join(" "),
        (value) => {
          stopPerforming();
          const change = Object.fromEntries(row.names.map((name) => [name, value]));
          setStrengths({ ...state.strengths, ...change });
        },
      );
    }
  }
  addSwitch("Left and right apart", state.apart, (on) => {
    state.apart = on;
    showTab("Expression");
  });
}

function showCoefficients(part, count, label) {
  const makers = {
    "As photographed": (value) => value,
    Average: () => 0,
    Random: normal,
    Caricature: (value) => 1.6 * value,
  };
  const buttons = Object.entries(makers).map(([title, make]) =>
    makeButton(title, () => {
      state.person[part] = state.own[part].map((value) => make(value));
      redraw({ ...state.person, slowly: true });
      showTab(state.tab);
    }),
  );
  $("presets").replaceChildren(...buttons);
  addTitle("In standard deviations");
  for (let k = 0; k < Math.min(count, state.person[part].length); k++) {
    addSlider(`${label} ${k + 1}`, -3, 3, state.person[part][k], `${part} ${k}`, (value) => {
      state.person[part][k] = value;
      redraw({ ...state.person });
    });
  }
}

function showShape() {
  showCoefficients("shape", SHAPE_SLIDERS, "Shape");
}

function showColor() {
  showCoefficients("texture", COLOR_SLIDERS, "Color");
}

function showLight() {
  const change = (key) => (value) => {
    state.light[key] = value;
    viewer.setLight(state.light);
  };
  $("presets").replaceChildren(
    ...Object.entries({
      Portrait: LIGHT,
      "From the left": { side: -1.25, height: 0.2, fill: 0.35, brightness: 1.05 },
      "From the right": { side: 1.25, height: 0.2, fill: 0.35, brightness: 1.05 },
      Flat: { side: 0, height: 0.15, fill: 1.3, brightness: 0.9 },
      Drama: { side: -1.1, height: 0.75, fill: 0.06, brightness: 1.25 },
    }).map(([title, light]) =>
      makeButton(title, () => {
        state.light = { ...light };
        viewer.setLight(state.light);
        showTab("Light");
      }),
    ),
  );
  addTitle("Key light");
  addSlider("Side", -1.5, 1.5, state.light.side, "side", change("side"));
  addSlider("Height", -0.5, 1.3, state.light.height, "height", change("height"));
  addSlider("Brightness", 0.3, 1.7, state.light.brightness, "brightness", change("brightness"));
  addTitle("Around it");
  addSlider("Fill", 0, 1.5, state.light.fill, "fill", change("fill"));
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
