// From a file to a face on the stage, wherever the file comes from.
import { readHere } from "./local.js";
import { showTab } from "./panel.js";
import { request } from "./server.js";
import { $, redraw, say, state, viewer } from "./studio.js";

export async function useSample(name) {
  const response = await fetch(`samples/${name}`);
  await usePhotograph(await response.blob(), name);
}

// Of photographs that are chosen while another one is read, the last one is shown.
let turns = 0;

export async function usePhotograph(file, name) {
  const turn = ++turns;
  $("drop").classList.add("busy");
  say("Looking at the photograph …");
  viewer.resting = true;
  try {
    const start = performance.now();
    const face = state.here
      ? await readHere(file, state.crop)
      : await (await request("face", file, "application/octet-stream")).json();
    if (turn !== turns) return;
    viewer.resting = false;
    if (!face) return say("");
    const { shape, texture, portrait, note } = face;
    state.own = { shape, texture };
    state.person = { shape: [...shape], texture: [...texture] };
    state.name = (name ?? "face").replace(/\.[^.]*$/, "") || "face";
    $("portrait").src = portrait;
    $("portrait").hidden = false;
    $("invitation").hidden = true;
    $("drop").classList.add("filled");
    await redraw({ ...state.person, slowly: true });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say(note ? `${note[0].toUpperCase()}${note.slice(1)}.` : `This face took ${seconds} s.`);
    showTab(state.tab);
  } catch (error) {
    if (turn === turns) say(error.message, true);
  } finally {
    if (turn === turns) {
      viewer.resting = false;
      $("drop").classList.remove("busy");
    }
  }
}

export function listenToFiles() {
  $("chooser").addEventListener("change", ({ target }) => {
    if (target.files[0]) usePhotograph(target.files[0], target.files[0].name);
    target.value = "";
  });
  $("drop").addEventListener("keydown", ({ key }) => {
    if (key === "Enter" || key === " ") $("chooser").click();
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    $("veil").hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("veil").hidden = true;
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("veil").hidden = true;
    const file = event.dataTransfer.files[0];
    if (file) usePhotograph(file, file.name);
  });
  addEventListener("paste", ({ clipboardData }) => {
    const file = [...clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (file) usePhotograph(file, file.name);
  });
}
