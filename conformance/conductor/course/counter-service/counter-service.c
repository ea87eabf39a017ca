/* Counts requests: counter-service PORT [SHOW]. Answers every HTTP request with the number of those that it has had. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((unsigned short)strtoul(argc > 1 ? argv[1] : "8080", NULL, 10)) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	unsigned count = 0;

	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
	    bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, 16)) {
		perror("counter-service");
		return 1;
	}
	for (;;) {
		char request[4096], body[64], answer[256];
		int client = accept(listener, NULL, NULL);
		if (client < 0)
			continue;
		if (read(client, request, sizeof request) > 0) {
			int length = snprintf(body, sizeof body, "{ \"count\": %u }\n", ++count);
			length = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
					  length, body);
			if (write(client, answer, (size_t)length) < 0)
				perror("counter-service");
		}
		close(client);
	}
}
