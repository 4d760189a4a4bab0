// A password can be read before it is sent. Without this script the field simply stays covered.
for (const box of document.querySelectorAll("[data-show]")) {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  const turn = (isShown) => {
    input.type = isShown ? "text" : "password";
    button.textContent = isShown ? box.dataset.hide : box.dataset.show;
    button.setAttribute("aria-pressed", String(isShown));
  };
  button.addEventListener("click", () => turn(input.type === "password"));
  button.setAttribute("aria-controls", input.id);
  input.form.addEventListener("submit", () => turn(false));
  turn(false);
  box.append(button);
}
