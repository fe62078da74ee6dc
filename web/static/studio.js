// What all parts of the page share: the stage, and what it shows.
import { newestOnly, sendJson } from "./server.js";
import { Viewer } from "./viewer.js";

export const LIGHT = { side: -0.5, height: 0.5, fill: 1, brightness: 1 };

export const $ = (id) => document.getElementById(id);
export const viewer = makeViewer();
export const state = {
  // Coefficients of the face that is shown, and as they were read from the photograph.
  person: null,
  own: null,
  name: "face",
  // The expressions that the face model has, and the strengths in which they are shown.
  names: [],
  strengths: {},
  performing: false,
  light: { ...LIGHT },
  // Of the panel: which tab is open, and whether left and right have sliders of their own.
  tab: "Expression",
  apart: false,
  // Whether the browser reads photographs, and the crop that it needs to know for that.
  here: false,
  crop: null,
};

export const redraw = newestOnly(async ({ slowly, ...person }) => {
  const response = await sendJson("surface", person);
  viewer.show(await response.arrayBuffer(), slowly);
});

export function setStrengths(strengths) {
  state.strengths = strengths;
  viewer.setStrengths(strengths);
}

export function say(text, bad = false) {
  $("message").textContent = text;
  $("message").classList.toggle("bad", bad);
}

function makeViewer() {
  try {
    return new Viewer($("stage"));
  } catch (error) {
    say("This browser draws no 3-D graphics (WebGL 2).", true);
    throw error;
  }
}
