(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  const stage = at("stage");
  const picture = at("picture");
  const photo = at("photo");
  const KEY = "stagedoor-look";
  let key = "";
  let about = null;
  let here = { round: 0, height: 0 };
  let shown = "";
  let asking = false;
  let band = 0;
  // What double and photo are drawn on, and how far from it a colour must be to be somebody.
  const GROUND = [18, 20, 26];
  const SOMEBODY = 12;

  const say = (words, wrong = false) => {
    at("said").textContent = words;
    at("said").classList.toggle("no", wrong);
  };
  const ask = (path, body) =>
    fetch(path, { method: "POST", body, cache: "no-store", credentials: "omit", headers: key ? { "X-Stagedoor-Key": key } : {} });
  const why = async (answer) => {
    try {
      const told = await answer.json();
      return `${told.why} [${told.code}]`;
    } catch {
      return "The door of this look does not answer as it should.";
    }
  };
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const step = () => Number(at("step").value) || 1;
  const side = (degrees, plus, minus) =>
    degrees === 0 ? "" : ` ${degrees > 0 ? plus : minus}`;
  const words = ({ round, height }) =>
    `${Math.abs(round)} degrees${side(round, "to the right", "to the left")}, ` +
    `${Math.abs(height)} degrees${side(height, "up", "down")}`;

  const stop = (text) => {
    stage.classList.add("over");
    at("end").disabled = true;
    if (text) say(text, true);
  };

  const spot = (degrees, radius) => {
    const turn = (degrees * Math.PI) / 180;
    return [100 + radius * Math.sin(turn), 100 + radius * Math.cos(turn)];
  };
  const shape = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [word, value] of Object.entries(attributes)) made.setAttribute(word, String(value));
    at("arc").append(made);
    return made;
  };
  let eye = null;
  let sun = null;
  const drawArc = () => {
    const from = about.arc_from_deg;
    const to = about.arc_to_deg;
    at("arc").replaceChildren();
    shape("circle", { class: "all", cx: 100, cy: 100, r: 80 });
    if (to - from >= 360) shape("circle", { class: "may", cx: 100, cy: 100, r: 80 });
    else {
      // A permitted arc of nothing is still a place: it is drawn as wide as the eye sees.
      const wide = Math.max(to - from, 4);
      const middle = (from + to) / 2;
      const [x0, y0] = spot(middle - wide / 2, 80);
      const [x1, y1] = spot(middle + wide / 2, 80);
      shape("path", { class: "may", d: `M ${x0} ${y0} A 80 80 0 ${wide > 180 ? 1 : 0} 0 ${x1} ${y1}` });
    }
    shape("ellipse", { class: "head", cx: 100, cy: 100, rx: 24, ry: 28 });
    shape("path", { class: "head", d: "M 93 127 L 100 138 L 107 127 Z" });
    sun = shape("circle", { class: "sun", cx: 100, cy: 100, r: 7, visibility: "hidden" });
    eye = shape("circle", { class: "eye", cx: 100, cy: 180, r: 8 });
    at("arc").setAttribute("aria-label", `The permitted arc, from above: ${from} to ${to} degrees`);
  };

  const place = () => {
    at("round").value = String(here.round);
    at("height").value = String(here.height);
    at("round-at").textContent = `${here.round}°`;
    at("height-at").textContent = `${here.height}°`;
    at("round").setAttribute("aria-valuetext", `${here.round} degrees`);
    at("height").setAttribute("aria-valuetext", `${here.height} degrees`);
    const [x, y] = spot(here.round, 80);
    eye.setAttribute("cx", String(x));
    eye.setAttribute("cy", String(y));
    for (const name of LAMP) at(`${name}-at`).textContent = `${at(name).value}${name === "turn" || name === "rise" ? "°" : " %"}`;
    // From above, a lamp straight overhead stands over the head's middle.
    const rise = (Number(at("rise").value) * Math.PI) / 180;
    const [sx, sy] = spot(Number(at("turn").value), 56 * Math.cos(rise));
    sun.setAttribute("cx", String(sx));
    sun.setAttribute("cy", String(sy));
    sun.setAttribute("visibility", lit() ? "visible" : "hidden");
  };
  const count = (left) => {
    about.left = left;
    at("left").textContent = String(left);
    at("frames").textContent = String(about.frames);
    at("gauge").max = about.frames;
    at("gauge").value = left;
  };

  const put = async (image, answer) => {
    const old = image.src;
    image.src = URL.createObjectURL(await answer.blob());
    await image.decode().catch(() => {});
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    image.hidden = false;
  };
  const isSeen = (answer) => answer.headers.get("X-Stagedoor-Seen") === "1";
  const lampWords = () => (lit() ? `, the lamp at ${at("turn").value} and ${at("rise").value} degrees` : "");
  const show = async (answer, name, beside) => {
    const [, round, height, held] = beside ? about.beside.photos[nearest()] : [0, here.round, here.height, 0];
    const place = words({ round, height });
    await put(picture, answer);
    at("empty").hidden = true;
    picture.alt = `The replica, ${place}${beside ? "" : lampWords()}. Unmarked preview.`;
    if (beside) {
      await put(photo, beside);
      photo.alt = `The capture, ${place}. Unmarked preview.`;
      band = Number(beside.headers.get("X-Stagedoor-Band")) || 0;
      const apart = compare();
      at("decibel").textContent = apart === null ? "" : `${apart.toFixed(1)} dB`;
      at("held").textContent = held ? "where either shows somebody; training never saw this view" : "where either shows somebody; training saw this view";
      const rest = beside.headers.get("X-Stagedoor-Left");
      if (rest !== null) countPhotos(Number(rest));
    }
    both(Boolean(beside));
    shown = name;
    at("where").textContent = `${place}${beside ? ", as captured" : lampWords()}`;
    const costs = [isSeen(answer) ? "" : "one frame", beside && !isSeen(beside) ? "one photograph" : ""].filter(Boolean);
    at("cost").textContent = costs.length ? costs.join(" and ") : "seen before: no frame";
    const left = answer.headers.get("X-Stagedoor-Left");
    if (left !== null) count(Number(left));
    if (about.left === 0) say("Every frame of this look is drawn. What you have seen can still be looked at.");
    else say("");
  };
  const both = (on) => {
    stage.classList.toggle("two", on);
    photo.hidden = !on;
    at("which").hidden = !on;
    at("apart").hidden = !on;
  };
  const alone = (text) => {
    at("both").checked = false;
    at("both").disabled = true;
    both(false);
    say(`The capture is shown no more: ${text}`, true);
  };
  const pixels = (image) => {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0);
    return drawing.getImageData(0, 0, canvas.width, canvas.height - band).data;
  };
  // Peak signal to noise, in dB, over the pixels where either picture shows more than what is behind; the stamp's rows apart.
  const compare = () => {
    const [one, other] = [pixels(picture), pixels(photo)];
    if (one.length !== other.length) return null;
    let sum = 0;
    let counted = 0;
    for (let i = 0; i < one.length; i += 4) {
      let away = 0;
      let wrong = 0;
      for (let c = 0; c < 3; c += 1) {
        away = Math.max(away, Math.abs(one[i + c] - GROUND[c]), Math.abs(other[i + c] - GROUND[c]));
        wrong += (one[i + c] - other[i + c]) ** 2;
      }
      if (away <= SOMEBODY) continue;
      sum += wrong;
      counted += 3;
    }
    return counted ? Math.min(99, 10 * Math.log10((255 * 255 * counted) / Math.max(sum, 1e-9))) : null;
  };
  const countPhotos = (left) => {
    about.beside.left = left;
    at("photos-left").textContent = String(left);
    at("photos").textContent = String(about.beside.frames);
  };
  // The captured view whose camera stands nearest to where the hand is, by the angle between both.
  const nearest = () => {
    const away = ([, round, height]) => {
      const [a, b, c] = [height, here.height, round - here.round].map((degrees) => (degrees * Math.PI) / 180);
      return -(Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(c));
    };
    const far = about.beside.photos.map(away);
    return far.indexOf(Math.min(...far));
  };
  // One question at a time: where the hand is when an answer comes is asked for next, not every place on the way.
  const catchUp = async () => {
    if (asking || !about) return;
    asking = true;
    stage.classList.add("busy");
    try {
      for (let name = wanted(); name !== shown; name = wanted()) {
        const paired = name.startsWith("double/");
        // The capture first: if it shows nothing more, no frame of the double is drawn for it.
        const beside = paired ? await ask(`/photo/${name.slice(7)}`) : null;
        if (beside && !beside.ok) {
          alone(await why(beside));
          break;
        }
        const answer = await ask(`/${name}`);
        if (answer.ok) {
          await show(answer, name, beside);
          continue;
        }
        const text = await why(answer);
        if (paired && answer.status !== 410) {
          alone(text);
          break;
        }
        if (answer.status === 410 && about.left > 0) stop(text);
        else say(about.left > 0 ? text : "No frame is left for a new picture; go back to one that you have seen.", true);
        break;
      }
    } catch {
      stop("The door of this look is closed. Start it again where the command ran.");
    }
    stage.classList.remove("busy");
    asking = false;
  };
  const LAMP = ["turn", "rise", "key", "ambient"];
  const lit = () => about !== null && about.relit && at("lamp").checked && !at("both").checked;
  const wanted = () => {
    if (about.beside && at("both").checked) return `double/${about.beside.photos[nearest()][0]}`;
    const place = `${here.round}/${here.height}/1`;
    return lit() ? `lit/${place}/${LAMP.map((name) => at(name).value).join("/")}` : `view/${place}`;
  };
  const go = (round, height) => {
    if (!about) return;
    here = {
      round: clamp(Math.round(round), about.arc_from_deg, about.arc_to_deg),
      height: clamp(Math.round(height), about.elevation_from_deg, about.elevation_to_deg),
    };
    place();
    void catchUp();
  };
  const snap = (value, low) => low + Math.round((value - low) / step()) * step();

  const bound = (name, low, high) => {
    at(name).min = String(low);
    at(name).max = String(high);
    at(`${name}-row`).hidden = low === high;
    at(name).addEventListener("input", () => {
      const value = snap(Number(at(name).value), low);
      go(name === "round" ? value : here.round, name === "height" ? value : here.height);
    });
  };
  const MOVES = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [5, 0], PageDown: [-5, 0],
  };
  stage.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(here.round + move[0] * step(), here.height + move[1] * step());
  });

  let held = null;
  stage.addEventListener("pointerdown", (event) => {
    if (!about) return;
    held = { x: event.clientX, y: event.clientY, ...here };
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("held");
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    // The width of the picture is half a turn; the head follows the hand, so the camera goes the other way.
    const turn = 180 / stage.getBoundingClientRect().width;
    go(
      snap(held.round - (event.clientX - held.x) * turn, about.arc_from_deg),
      snap(held.height + (event.clientY - held.y) * turn, about.elevation_from_deg),
    );
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => {
      held = null;
      stage.classList.remove("held");
    });
  }

  at("end").addEventListener("click", async () => {
    await ask("/end").catch(() => {});
    about = null;
    at("end").disabled = true;
    for (const name of ["round", "height", "step", "lamp", "lamp-set", "both"]) at(name).disabled = true;
    stage.classList.add("over");
    say("The look has ended. The worker has given its key back, and its receipt counts what was drawn.");
    at("ends").textContent = "";
  });

  const switches = () => {
    at("light").hidden = !about.relit;
    at("beside").hidden = !about.beside;
    if (about.beside) {
      countPhotos(about.beside.left);
      at("photo-permit").textContent = about.beside.permit;
      at("both").disabled = about.beside.left === 0 || about.beside.photos.length === 0;
    }
    const moved = () => {
      // The capture stands in its own light: beside it the double does too.
      at("lamp").disabled = at("both").checked;
      at("lamp-set").disabled = !lit();
      place();
      void catchUp();
    };
    for (const name of ["lamp", "both"]) at(name).addEventListener("change", moved);
    for (const name of LAMP) {
      at(name).addEventListener("input", place);
      at(name).addEventListener("change", moved);
    }
  };
  const countDown = (until) => {
    const tell = () => {
      const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
      if (about) at("ends").textContent = seconds ? `Ends in ${Math.ceil(seconds / 60)} min, or after ${Math.round(about.idle_seconds / 60)} min without a new picture.` : "Its time is over.";
    };
    tell();
    setInterval(tell, 10000);
  };

  const begin = async () => {
    const token = location.hash.slice(1);
    if (token) {
      history.replaceState(null, "", "/");
      const answer = await ask("/session", token);
      if (!answer.ok) return stop(await why(answer));
      sessionStorage.setItem(KEY, (await answer.json()).key);
    }
    key = sessionStorage.getItem(KEY) || "";
    if (!key) return stop("This page has no key to a look. Open the address that the command printed.");
    const answer = await ask("/about");
    if (!answer.ok) return stop(await why(answer));
    about = await answer.json();
    at("permit").textContent = about.permit;
    at("mark").textContent = about.mark;
    count(about.left);
    drawArc();
    bound("round", about.arc_from_deg, about.arc_to_deg);
    bound("height", about.elevation_from_deg, about.elevation_to_deg);
    switches();
    countDown(Date.now() + about.seconds_left * 1000);
    go(0, 0);
    return undefined;
  };
  begin().catch(() => stop("The door of this look is closed. Start it again where the command ran."));
})();
