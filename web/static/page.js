// The page: its buttons, and how it starts.
import { makeButton } from "./controls.js";
import { showTab } from "./panel.js";
import { perform, stopPerforming } from "./performance.js";
import { listenToFiles, useSample } from "./photographs.js";
import { sendJson } from "./server.js";
import { $, LIGHT, redraw, say, setStrengths, state, viewer } from "./studio.js";

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function download() {
  try {
    const response = await sendJson("face.glb", { ...state.person, expressions: state.strengths });
    save(await response.blob(), `${state.name}.glb`);
  } catch (error) {
    say(error.message, true);
  }
}

function toggle(id, action) {
  $(id).addEventListener("click", () => {
    const on = $(id).getAttribute("aria-pressed") !== "true";
    $(id).setAttribute("aria-pressed", on);
    action(on);
  });
}

function listenToButtons() {
  toggle("sway", (on) => {
    viewer.swaying = on;
  });
  toggle("blink", (on) => {
    viewer.blinking = on;
  });
  toggle("perform", (on) => {
    state.performing = on;
    if (!on) {
      setStrengths({});
      showTab(state.tab);
    }
  });
  $("reset").addEventListener("click", () => {
    stopPerforming();
    setStrengths({});
    state.person = { shape: [...state.own.shape], texture: [...state.own.texture] };
    state.light = { ...LIGHT };
    viewer.setLight(state.light);
    viewer.look();
    redraw({ ...state.person, slowly: true });
    showTab(state.tab);
  });
  $("download").addEventListener("click", download);
  $("picture").addEventListener("click", async () =>
    save(await viewer.picture(), `${state.name}.png`),
  );
  viewer.onFrame = perform;
}

async function start() {
  listenToFiles();
  const { shape, texture, samples, crop, local } = await (await fetch("start")).json();
  state.crop = crop;
  $("here").hidden = !local;
  $("here")
    .querySelector("input")
    .addEventListener("change", ({ target }) => {
      state.here = target.checked;
    });
  state.own = { shape: Array(shape).fill(0), texture: Array(texture).fill(0) };
  state.person = { shape: [...state.own.shape], texture: [...state.own.texture] };
  for (const name of samples) {
    const button = makeButton("", () => useSample(name));
    const image = Object.assign(document.createElement("img"), {
      src: `samples/${name}`,
      alt: "A sample photograph",
    });
    button.append(image);
    $("samples").append(button);
  }
  state.names = await viewer.load("base.glb");
  viewer.setLight(state.light);
  listenToButtons();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    for (const id of ["sway", "blink"]) $(id).click();
  }
  $("perform").disabled = !state.names.length;
  showTab("Expression");
  document.body.dataset.ready = "true";
}

// For tests and for the console.
window.studio = { viewer, state };
start().catch((error) => say(error.message, true));
