(() => {
  "use strict";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  for (const shot of document.querySelectorAll("[data-shot]")) {
    const frames = [...shot.querySelectorAll("[data-frame]")];
    const stage = shot.querySelector(".stage");
    const range = shot.querySelector("input[type=range]");
    const play = shot.querySelector("[data-play]");
    const number = shot.querySelector("[data-number]");
    const whole = shot.dataset.whole;
    let at = 0;
    let timer = 0;

    const show = (next) => {
      frames[at].classList.remove("on");
      at = Math.max(0, Math.min(frames.length - 1, next));
      frames[at].classList.add("on");
      range.value = String(at);
      range.setAttribute("aria-valuetext", `frame ${frames[at].dataset.frame} of ${whole}`);
      number.textContent = `${frames[at].dataset.frame} / ${whole}`;
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      shot.classList.remove("playing");
      play.querySelector(".word").textContent = "Play";
    };
    const start = () => {
      const fps = calm.matches ? 2 : Math.max(1, Math.min(30, Number(shot.dataset.fps) || 12));
      timer = setInterval(() => show((at + 1) % frames.length), 1000 / fps);
      shot.classList.add("playing");
      play.querySelector(".word").textContent = "Pause";
    };
    const toggle = () => (timer ? stop() : start());

    range.addEventListener("input", () => { stop(); show(Number(range.value)); });
    range.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); toggle(); }
    });
    play.addEventListener("click", toggle);
    document.addEventListener("visibilitychange", () => { if (document.hidden && timer) stop(); });

    if (frames.length < 2) continue;
    shot.classList.add("live");
    shot.querySelector(".controls").hidden = false;

    const drag = (event) => {
      const box = stage.getBoundingClientRect();
      show(Math.round(((event.clientX - box.left) / box.width) * (frames.length - 1)));
    };
    stage.addEventListener("pointerdown", (event) => {
      stop();
      stage.setPointerCapture(event.pointerId);
      drag(event);
    });
    stage.addEventListener("pointermove", (event) => {
      if (stage.hasPointerCapture(event.pointerId)) drag(event);
    });
  }

  const chains = () => [...document.querySelectorAll("details.why")];
  const all = document.querySelector("[data-open]");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const open = all.getAttribute("aria-pressed") !== "true";
      for (const chain of chains()) chain.open = open;
      all.setAttribute("aria-pressed", String(open));
      all.textContent = open ? "Close every chain" : "Open every chain";
    });
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = chains().filter((chain) => !chain.open);
    for (const chain of closed) chain.open = true;
  });
  addEventListener("afterprint", () => {
    for (const chain of closed) chain.open = false;
    closed = [];
  });
})();
