// Lets the meshes of a report be turned. Each place for a mesh shows a picture of it, which a
// canvas replaces where WebGL works. All meshes are drawn by one context, since browsers allow few.
"use strict";
(() => {
  const VERTEX = `
    attribute vec3 position, normal, color;
    uniform mat3 turn;
    uniform vec4 lens; // focal length, distance, near, far; lengths in radii of the mesh
    varying vec3 vNormal, vColor;
    void main() {
      vec3 p = turn * position;
      float w = lens.y - p.z;
      float depth = (lens.w + lens.z - 2.0 * lens.w * lens.z / w) / (lens.w - lens.z);
      gl_Position = vec4(p.xy * lens.x, depth * w, w);
      vNormal = turn * normal;
      vColor = color;
    }`;
  const FRAGMENT = `
    precision mediump float;
    uniform float colored, contrast;
    varying vec3 vNormal, vColor;
    void main() {
      vec3 n = normalize(vNormal);
      if (!gl_FrontFacing) n = -n;
      float key = max(dot(n, normalize(vec3(-0.45, 0.4, 0.9))), 0.0);
      float fill = max(dot(n, normalize(vec3(0.7, 0.1, 0.7))), 0.0);
      float light = mix(1.0, 0.22 + 0.72 * key + 0.22 * fill, contrast);
      vec3 albedo = pow(mix(vec3(0.62), vColor, colored), vec3(2.2));
      gl_FragColor = vec4(pow(clamp(albedo * light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
    }`;
  const TO_RADIANS = 0.011; // a pixel of dragging
  const STEP = Math.PI / 16; // an arrow key
  const FOCAL_LENGTH = 4.2, DISTANCE = 4.6; // the mesh just fits

  const data = JSON.parse(document.getElementById("meshes").textContent);
  const screen = document.createElement("canvas");
  const gl = screen.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl) return;
  const program = linked(VERTEX, FRAGMENT);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const uniforms = Object.fromEntries(
    ["turn", "lens", "colored", "contrast"].map((name) => [name, uniform(name)]));
  gl.useProgram(program);
  gl.enable(gl.DEPTH_TEST);
  if (!gl.getExtension("OES_element_index_uint")) return;

  function linked(vertex, fragment) {
    const made = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
    return made;
  }

  function decoded(base64, Kind) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return new Kind(bytes.buffer);
  }

  function normalsOf(p, t) {
    const n = new Float32Array(p.length);
    for (let k = 0; k < t.length; k += 3) {
      const [a, b, c] = [3 * t[k], 3 * t[k + 1], 3 * t[k + 2]];
      const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
      const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
      const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
      for (const i of [a, b, c]) { n[i] += x; n[i + 1] += y; n[i + 2] += z; }
    }
    return n;
  }

  function buffer(values, target = gl.ARRAY_BUFFER) {
    const made = gl.createBuffer();
    gl.bindBuffer(target, made);
    gl.bufferData(target, values, gl.STATIC_DRAW);
    return made;
  }

  const uploaded = new Map();
  function upload(number) {
    if (!uploaded.has(number)) {
      const mesh = data.meshes[number];
      const triangles = decoded(data.triangles[mesh.triangles], Uint32Array);
      // The view's sphere gets the radius 1.
      const radius = mesh.view[3];
      const positions = Float32Array.from(
        decoded(mesh.positions, Int16Array), (x, k) => (x / 32767 - mesh.view[k % 3]) / radius);
      uploaded.set(number, {
        position: buffer(positions),
        normal: buffer(normalsOf(positions, triangles)),
        color: buffer(decoded(mesh.colors, Uint8Array)),
        triangles: buffer(triangles, gl.ELEMENT_ARRAY_BUFFER),
        count: triangles.length,
      });
    }
    return uploaded.get(number);
  }

  function bind(name, values, kind, normalized) {
    const place = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, values);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 3, kind, normalized, 0, 0);
  }

  function draw(canvas, number, view) {
    const size = Math.max(64, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
    canvas.width = canvas.height = size;
    if (screen.width !== size) screen.width = screen.height = size;
    gl.viewport(0, 0, size, size);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const mesh = upload(number);
    bind("position", mesh.position, gl.FLOAT, false);
    bind("normal", mesh.normal, gl.FLOAT, false);
    bind("color", mesh.color, gl.UNSIGNED_BYTE, true);
    const [cy, sy] = [Math.cos(view.yaw), Math.sin(view.yaw)];
    const [cp, sp] = [Math.cos(view.pitch), Math.sin(view.pitch)];
    // Columns: about the vertical axis first, then about the horizontal one.
    gl.uniformMatrix3fv(uniforms.turn, false,
      [cy, sp * sy, -cp * sy, 0, cp, sp, sy, -sp * cy, cp * cy]);
    gl.uniform4f(uniforms.lens, FOCAL_LENGTH, DISTANCE, DISTANCE - 3, DISTANCE + 4);
    gl.uniform1f(uniforms.colored, view.colored ? 1 : 0);
    gl.uniform1f(uniforms.contrast, view.colored && data.meshes[number].map ? 0.55 : 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles);
    gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_INT, 0);
    canvas.getContext("2d").drawImage(screen, 0, 0);
  }

  // The meshes of a figure turn together, so that they can be compared.
  function connect(figure) {
    const view = { yaw: 0, pitch: 0, colored: true };
    const canvases = [...figure.querySelectorAll("[data-mesh]")].map((place) => {
      const canvas = document.createElement("canvas");
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", place.getAttribute("aria-label") + ", drag to turn");
      place.replaceChildren(canvas);
      return [canvas, Number(place.dataset.mesh)];
    });
    let asked = false;
    const redraw = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        for (const [canvas, number] of canvases) draw(canvas, number, view);
      });
    };
    const turn = (yaw, pitch) => {
      view.yaw += yaw;
      view.pitch = Math.min(Math.PI / 2, Math.max(-Math.PI / 2, view.pitch + pitch));
      redraw();
    };
    for (const [canvas] of canvases) {
      // Where the pointer was: movementX is not the same in all browsers.
      let [x, y] = [0, 0];
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        [x, y] = [event.clientX, event.clientY];
      });
      canvas.addEventListener("pointermove", (event) => {
        if (!canvas.hasPointerCapture(event.pointerId)) return;
        turn((event.clientX - x) * TO_RADIANS, (event.clientY - y) * TO_RADIANS);
        [x, y] = [event.clientX, event.clientY];
      });
      canvas.addEventListener("dblclick", () => turn(-view.yaw, -view.pitch));
      canvas.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        if (!(event.key in way)) return;
        event.preventDefault();
        turn(way[event.key][0] * STEP, way[event.key][1] * STEP);
      });
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Shape alone";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      view.colored = !view.colored;
      button.setAttribute("aria-pressed", String(!view.colored));
      redraw();
    });
    figure.querySelector(".hint").append("Drag to turn, double-click to reset. ", button);
    window.addEventListener("resize", redraw);
    // Meshes that nobody scrolls to are never sent to the graphics card.
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      redraw();
    }, { rootMargin: "300px" }).observe(figure);
  }

  for (const figure of document.querySelectorAll("figure.meshes")) connect(figure);
})();
