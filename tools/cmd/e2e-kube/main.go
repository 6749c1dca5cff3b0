// Command e2e-kube installs the evaluation of the chart on the cluster of the current
// kubeconfig, signs in through its Service and waits until a demo review is tagged
// and assigned. It needs helm and kubectl, and an image of bedside that the cluster
// can get: E2E_IMAGE names it, E2E_HELM_ARGS adds arguments to helm, E2E_NAMESPACE names the
// namespace (bedside-e2e), and E2E_KEEP=1 leaves the installation where it is.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/bedside-health/bedside/tools/client"
)

const (
	release   = "bedside"
	email     = "maria.santos@lakeside.example"
	patience  = 5 * time.Minute
	deployed  = "deployment/bedside-evaluation"
	forwarded = "service/bedside-gateway"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := check(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "e2e-kube:", err)
		return 1
	}
	fmt.Println("e2e-kube: passed")
	return 0
}

func check(ctx context.Context) (err error) {
	image := os.Getenv("E2E_IMAGE")
	if image == "" {
		return errors.New("set E2E_IMAGE to an image of bedside that the cluster can get (`make images` makes one)")
	}
	namespace := os.Getenv("E2E_NAMESPACE")
	if namespace == "" {
		namespace = "bedside-e2e"
	}
	password := rand.Text()
	args := []string{"upgrade", "--install", release, "charts/bedside", "--namespace", namespace, "--create-namespace",
		"--set", "evaluation=true", "--set", "images.bedside=" + image,
		"--set", "evaluationPod.demoPassword=" + password, "--wait", "--timeout", "3m"}
	args = append(args, strings.Fields(os.Getenv("E2E_HELM_ARGS"))...)
	defer func() {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err != nil {
			_ = command(cleanup, "kubectl", "--namespace", namespace, "get", "pods,services,pvc", "--output", "wide").Run()
			_ = command(cleanup, "kubectl", "--namespace", namespace, "describe", "pods").Run()
			_ = command(cleanup, "kubectl", "--namespace", namespace, "logs", deployed, "--tail", "100").Run()
		}
		if os.Getenv("E2E_KEEP") == "" {
			_ = command(cleanup, "helm", "uninstall", release, "--namespace", namespace, "--wait").Run()
		}
	}()
	if err := command(ctx, "helm", args...).Run(); err != nil {
		return fmt.Errorf("install the chart: %w", err)
	}
	url, err := portForward(ctx, namespace)
	if err != nil {
		return err
	}
	return seeReview(ctx, url, password)
}

func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd
}

// portForward opens the Service on a port of this machine; it ends with ctx.
func portForward(ctx context.Context, namespace string) (string, error) {
	cmd := exec.CommandContext(ctx, "kubectl", "--namespace", namespace, "port-forward", "--address", "127.0.0.1", forwarded, ":80")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("forward a port: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("forward a port: %w", err)
	}
	lines := bufio.NewScanner(out)
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	for lines.Scan() {
		if found := address.FindString(lines.Text()); found != "" {
			go func() { // Lives as long as kubectl, which ends with ctx: a full pipe would block it.
				for lines.Scan() {
				}
			}()
			return "http://" + found, nil
		}
	}
	return "", errors.New("kubectl forwarded no port")
}

// seeReview signs in and waits for a review that is tagged and has an owner and a due time.
func seeReview(ctx context.Context, url, password string) error {
	anonymous, err := client.NewClientWithResponses(url, client.WithHTTPClient(&http.Client{Timeout: 30 * time.Second}))
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	answer, err := anonymous.CreateSessionWithResponse(ctx, client.Credentials{Email: email, Password: password})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if answer.JSON201 == nil {
		return fmt.Errorf("sign in: %w", client.Failure(answer.StatusCode(), answer.Body))
	}
	c, err := client.New(client.Local{URL: url, Token: answer.JSON201.Token})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		page, err := c.ListReviewsWithResponse(ctx, &client.ListReviewsParams{})
		if err != nil {
			return fmt.Errorf("list reviews: %w", err)
		}
		if page.JSON200 == nil {
			return client.Failure(page.StatusCode(), page.Body)
		}
		for _, r := range page.JSON200.Items {
			if len(r.Tags) > 0 && r.Case.OwnerId != nil && r.Case.DueAt != nil {
				fmt.Printf("review %s of %s is tagged %s (%s), owned by %s, due %s\n", r.Id, r.Site, r.Tags[0].Topic, r.Tags[0].Polarity, *r.Case.OwnerId, r.Case.DueAt.Format(time.RFC3339))
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no tagged and assigned review among %d: %w", len(page.JSON200.Items), ctx.Err())
		case <-ticker.C:
		}
	}
}
