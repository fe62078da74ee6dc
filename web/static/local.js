// Reads a photograph in the browser: nobody but this page sees it. The five points are clicked.

const POINTS = [
  "the eye on the left",
  "the eye on the right",
  "the tip of the nose",
  "the corner of the mouth on the left",
  "the corner of the mouth on the right",
];
const NAMES = ["right_eye", "left_eye", "nose", "right_mouth", "left_mouth"];

const PORTRAIT = 480;

let session = null;

// Loads the exported network and its runtime; both come from this page's server.
async function network() {
  const runtime = await import(new URL("../local/ort.wasm.min.mjs", import.meta.url));
  runtime.env.wasm.wasmPaths = new URL("../local/", import.meta.url).href;
  // More threads would need a worker of another origin.
  runtime.env.wasm.numThreads = 1;
  return { runtime, session: await runtime.InferenceSession.create("local/face.onnx") };
}

// Turns a file into { shape, texture, portrait }; null if the marking was given up.
export async function readHere(file, crop) {
  const image = await createImageBitmap(file);
  const points = await mark(image);
  if (!points) return null;
  session ??= network();
  const { runtime, session: own } = await session;
  const used = crop.names.map((name) => points[NAMES.indexOf(name)]);
  const pixels = cut(image, used, crop.points, crop.size)
    .getContext("2d")
    .getImageData(0, 0, crop.size, crop.size).data;
  const rgb = new Uint8Array(3 * crop.size ** 2);
  for (let k = 0; k < rgb.length; k++) rgb[k] = pixels[4 * Math.floor(k / 3) + (k % 3)];
  const input = new runtime.Tensor("uint8", rgb, [1, crop.size, crop.size, 3]);
  const { shape, texture } = await own.run({ crop: input });
  // The portrait shows what lies around the crop, as that of the server does.
  const wide = crop.points.map((point) =>
    point.map((x) => PORTRAIT * (0.13 + (0.74 * x) / crop.size)),
  );
  const portrait = cut(image, used, wide, PORTRAIT).toDataURL("image/jpeg");
  return {
    shape: [...shape.data],
    texture: [...texture.data],
    portrait,
    note: "read in this browser; the photograph was not sent",
  };
}

// Cuts a square out of an image by the similarity z -> a z + b that takes points nearest to their
// places. Centers of pixels are at integers, as everywhere in this project.
function cut(image, points, places, size) {
  const [p, q] = [mean(points), mean(places)];
  let [norm, real, imaginary] = [0, 0, 0];
  points.forEach(([x, y], k) => {
    const [dx, dy, u, v] = [x - p[0], y - p[1], places[k][0] - q[0], places[k][1] - q[1]];
    norm += dx * dx + dy * dy;
    real += dx * u + dy * v;
    imaginary += dx * v - dy * u;
  });
  const [a, b] = [real / norm, imaginary / norm];
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#b5afa9";
  context.fillRect(0, 0, size, size);
  // Canvas has the corner of a pixel at its integers.
  const half = [p[0] + 0.5, p[1] + 0.5];
  context.setTransform(
    a,
    b,
    -b,
    a,
    q[0] + 0.5 - a * half[0] + b * half[1],
    q[1] + 0.5 - b * half[0] - a * half[1],
  );
  context.drawImage(image, 0, 0);
  return canvas;
}

function mean(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

// Shows the photograph until five points are clicked, or Escape is pressed.
function mark(image) {
  const dialog = document.getElementById("marking");
  const canvas = dialog.querySelector("canvas");
  const text = dialog.querySelector("p");
  const scale = Math.min((0.8 * innerWidth) / image.width, (0.74 * innerHeight) / image.height);
  [canvas.width, canvas.height] = [
    Math.round(scale * image.width),
    Math.round(scale * image.height),
  ];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const points = [];
  const ask = () => {
    text.textContent = `Click ${POINTS[points.length]} of the picture (${points.length + 1} of 5).`;
  };
  ask();
  dialog.showModal();
  return new Promise((resolve) => {
    canvas.onclick = ({ offsetX, offsetY }) => {
      points.push([offsetX / scale - 0.5, offsetY / scale - 0.5]);
      context.fillStyle = "#d9593d";
      context.beginPath();
      context.arc(offsetX, offsetY, 4, 0, 7);
      context.fill();
      if (points.length === POINTS.length) dialog.close();
      else ask();
    };
    dialog.onclose = () => resolve(points.length === POINTS.length ? points : null);
  });
}
